import '../../kit/testing/browser';
import { expect, it } from 'vitest';
import { given, vaultNames } from './VaultFields';

const YAML = `secrets: {key: vault:mall.key, app_id: env:APP, "token": vault:mall.token}
call: {get: https://mall.example/vault:path}
`;

it('secrets in the vault are asked for by their names in the document', () => {
  expect(vaultNames('secrets: {key: vault:mall.key, id: env:APP, other: "vault:b"}\n')).toEqual(['key', 'other']);
  expect(vaultNames('secrets:\n  key: vault:mall.key\n  next: vault:mall.next\n')).toEqual(['key', 'next']);
  expect(vaultNames(YAML)).toContain('key');
  expect(vaultNames('source: vault\n')).toEqual([]);
});

it('what was typed for a name that is gone is not sent', () => {
  expect(given('secrets: {key: vault:mall.key, b: vault:b}', { key: 's', gone: 'x', b: '' })).toEqual({ key: 's' });
});
