import { describe, expect, test, vi } from 'vitest';
import { readZip } from '../../../local/cloud/lambda/zip.ts';
import { writeZip } from '../../../scripts/release/zip.ts';

const files = [
  { path: 'index.mjs', content: Buffer.from('export const handler = () => "Größe";') },
  { path: 'a folder/größe.json', content: Buffer.from('{}') },
  { path: 'empty', content: Buffer.alloc(0) },
];

describe('a zip of a release', () => {
  test('holds its files, in their order', () => {
    const read = readZip(writeZip(files));

    expect(read).toEqual(files);
  });

  test('without a file can be read too', () => {
    expect(readZip(writeZip([]))).toEqual([]);
  });

  test('is the same whenever and wherever it is made', () => {
    const [here, there] = ['UTC', 'Pacific/Auckland'].map((zone) => {
      vi.stubEnv('TZ', zone);
      return writeZip(files);
    });

    vi.unstubAllEnvs();
    expect(here?.equals(there ?? Buffer.alloc(0))).toBe(true);
  });

  test('lets everybody read its files, as Lambda demands, and dates them at the beginning of time', () => {
    const zip = writeZip(files);
    const entry = zip.indexOf(Buffer.from('PK\x01\x02', 'latin1'));

    expect((zip.readUInt32LE(entry + 38) >>> 16).toString(8)).toBe('100644');
    expect([zip.readUInt16LE(entry + 12), zip.readUInt16LE(entry + 14)]).toEqual([0, 0x21]);
  });
});
