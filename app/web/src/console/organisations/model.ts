/** An organisation, as the API tells of it. */
export interface Organisation {
  readonly id: string;
  readonly name: string;
  readonly domains: readonly string[];
  readonly note: string;
  readonly external_id: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly created_at: number;
  readonly updated_at: number;
}
