import itemFields from './item-fields.json' with { type: 'json' };
import requestFields from './request-fields.json' with { type: 'json' };

interface Field {
  type: string;
  optional: boolean;
}
type Fields = Record<string, Field>;

const ITEMS: Record<string, Fields> = itemFields.items;

/** What v1 of a call lacks of v2: it takes no roles, and creates nothing but users. */
const SINCE_V2 = [
  'accessRole',
  'context',
  'createOrganization',
  'createFolder',
  'createDocument',
  'parentFolderId',
];

/** What is wrong with a request by Velt's own published request models: fields that are unknown, missing or of another type. */
export function faultsOf(path: string, body: unknown): string[] {
  const fields = fieldsOf(path);
  const { data, ...beside } = body as { data: Record<string, unknown> };
  if (!fields) return [`${path} is no call of Velt's`];
  const isV1 = path.startsWith('/v1/');
  return [
    ...Object.keys(beside).map((name) => `${name} beside data`),
    ...faultsIn(data, isV1 ? older(fields) : fields, ''),
    ...Object.entries(ITEMS).flatMap(([name, ofItem]) =>
      ((data[name] ?? []) as Record<string, unknown>[]).flatMap((item) =>
        faultsIn(item, isV1 ? older(ofItem) : ofItem, `${name}.`),
      ),
    ),
  ];
}

function fieldsOf(path: string): Fields | undefined {
  const requests: Record<string, Fields> = requestFields.requests;
  return requests[path.replace(/^\/v1\//, '/v2/')];
}

function older(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => !SINCE_V2.includes(name)));
}

function faultsIn(values: Record<string, unknown>, fields: Fields, prefix: string): string[] {
  const missing = Object.keys(fields).filter((name) => !fields[name]?.optional && !(name in values));
  const found = Object.entries(values).flatMap(([name, value]) => {
    const type = fields[name]?.type;
    if (type === undefined) return [`${prefix}${name} is unknown`];
    return isOf(type, value) ? [] : [`${prefix}${name} is no ${type}`];
  });
  return [...missing.map((name) => `${prefix}${name} is missing`), ...found];
}

function isOf(type: string, value: unknown): boolean {
  if (type.endsWith('[]')) return Array.isArray(value) && value.every((one) => isOf(type.slice(0, -2), one));
  if (type === 'integer') return Number.isInteger(value);
  return typeof value === type && value !== null;
}
