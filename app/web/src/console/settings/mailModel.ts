/** What the server tells of e-mail. */

export type Security = 'none' | 'starttls' | 'tls';

export interface MailServer {
  readonly host: string;
  readonly port: number;
  readonly security: Security;
  readonly username: string;
  /** Whether one is set; it is never told. */
  readonly password: boolean;
  readonly password_env: string;
}

export interface Trouble {
  readonly code: string;
  readonly en: string;
  readonly zh: string;
  readonly at: number;
}

export interface Relay {
  readonly server: MailServer;
  readonly sender: string;
  readonly name: string;
  /** Whether answers that a chat's visitor has not seen leave by mail. */
  readonly follow_up: boolean;
  readonly state: { readonly sent_at: number | null; readonly trouble: Trouble | null };
}

export interface Mailbox {
  readonly inbox_id: string;
  readonly name: string;
  readonly team_id: string | null;
  readonly address: string;
  readonly server: MailServer;
  readonly folder: string;
  readonly plus: boolean;
  readonly active: boolean;
  readonly state: { readonly uid_validity: number | null; readonly looked_at: number | null; readonly trouble: Trouble | null };
}

export interface MailFacts {
  readonly relay: Relay | null;
  readonly mailboxes: readonly Mailbox[];
}

/** A mail server as it stands in the form: the port as typed, an empty password for the one that is set. */
export interface ServerForm {
  readonly host: string;
  readonly port: string;
  readonly security: Security;
  readonly username: string;
  readonly password: string;
}

export function formOf(server: MailServer | null, port: string, security: Security): ServerForm {
  if (server === null) return { host: '', port, security, username: '', password: '' };
  const { host, username } = server;
  return { host, port: String(server.port), security: server.security, username, password: '' };
}

/** As the server takes it; what is not entered stays as it is. */
export function asked({ host, port, security, username, password }: ServerForm, held: MailServer | null): object {
  const variable = held?.password_env && password === '' ? { password_env: held.password_env } : {};
  return {
    host: host.trim(),
    port: Number(port),
    security,
    username: username.trim(),
    ...(password === '' ? {} : { password }),
    ...variable,
  };
}
