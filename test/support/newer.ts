/** The value with a field that no version knows in every object of it, whose own keys are fields and no ids. */
export function withUnknownFields<T>(value: T, records: string[] = [], isRecord = 0): T {
  if (Array.isArray(value)) return value.map((item) => withUnknownFields(item, records)) as T;
  if (typeof value !== 'object' || value === null) return value;
  const depthOf = (name: string) => records.filter((record) => record === name).length;
  const fields = Object.entries(value).map(([name, part]) => [
    name,
    withUnknownFields(part, records, isRecord > 0 ? isRecord - 1 : depthOf(name)),
  ]);
  return { ...Object.fromEntries(fields), ...(isRecord === 0 && { ofNextVersion: { on: true } }) };
}
