import type { TryField, TryState } from '../../scripts/console/try.ts';

type Vendor = TryState['vendors'][number];

/** The values of a form, by the names of its fields. */
export type Values = Record<string, string>;

/** Something that an admin of a vendor does; it returns the bodies of the deliveries that the vendor makes of it. */
export interface VendorAct {
  about: string;
  fields: TryField[];
  run(values: Values): object[];
}

/** The double of a vendor, as a page works with it. Acts throw Error for whom and what is not there. */
export interface VendorFace {
  people(): Vendor['people'];
  groups(): Vendor['groups'];
  acts: Record<string, VendorAct>;
}

export const person: TryField = { name: 'person', label: 'Person', of: 'person' };
export const group: TryField = { name: 'group', label: 'Group', of: 'group' };
export const named = (label: string, example: string, name = 'name'): TryField => ({
  ...{ name, label, of: 'text', example },
});

/** A first and a last name, from one text; whoever has one name has it twice. */
export function partsOf(name: string): { first: string; last: string } {
  const [first = 'Nobody', ...rest] = name.trim().split(/\s+/);
  return { first, last: rest.join(' ') || first };
}

/** An address of nobody, made of a name. */
export function addressOf(name: string, id: string): string {
  const plain = name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z]+/g, '.')
    .replace(/^\.+|\.+$/g, '');
  return `${plain || id.toLowerCase()}@example.com`;
}
