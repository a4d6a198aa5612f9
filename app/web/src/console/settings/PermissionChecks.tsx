import { Checkbox } from '../../kit/ui/Toggle';
import { type Permission, byHeading, said } from './roleBook';

/** What may be done, to tick; what one may not do oneself cannot be given. */
export function PermissionChecks({
  permissions,
  chosen,
  mine,
  onChange,
}: {
  permissions: readonly Permission[];
  chosen: readonly string[];
  mine: ReadonlySet<string>;
  onChange: (chosen: readonly string[]) => void;
}) {
  const toggle = (key: string, on: boolean): void => onChange(on ? [...chosen, key] : chosen.filter((one) => one !== key));
  return (
    <>
      {byHeading(permissions).map(([heading, group]) => (
        <fieldset key={heading} class="wide permissions">
          <legend class="label">{heading}</legend>
          {group.map((permission) => (
            <div key={permission.key}>
              <Checkbox on={chosen.includes(permission.key)} disabled={!mine.has(permission.key)} onChange={(on) => toggle(permission.key, on)}>
                {said(permission.name)}
              </Checkbox>
              <p class="hint">{said(permission.why)}</p>
            </div>
          ))}
        </fieldset>
      ))}
    </>
  );
}
