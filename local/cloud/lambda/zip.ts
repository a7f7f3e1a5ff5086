import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, normalize } from 'node:path';
import { crc32, inflateRawSync } from 'node:zlib';

const END_OF_DIRECTORY = 0x06054b50;
const DIRECTORY_ENTRY = 0x02014b50;
const STORED = 0;
const DEFLATED = 8;

/**
 * The files in a zip archive, read from its central directory. ZIP64 and encryption, which a Lambda package never
 * has, are not read. Source: PKWARE APPNOTE.TXT 6.3.10, 4.3.
 *
 * @throws Error when the bytes are not such an archive, or a file's checksum is wrong.
 */
export function readZip(archive: Buffer): { path: string; content: Buffer }[] {
  let end = archive.length - 22;
  while (end >= 0 && archive.readUInt32LE(end) !== END_OF_DIRECTORY) end -= 1;
  if (end < 0) throw new Error('not a zip archive');

  let position = archive.readUInt32LE(end + 16);
  return Array.from({ length: archive.readUInt16LE(end + 10) }, () => {
    if (archive.readUInt32LE(position) !== DIRECTORY_ENTRY) throw new Error('broken zip directory');
    const method = archive.readUInt16LE(position + 10);
    const checksum = archive.readUInt32LE(position + 16);
    const packedBytes = archive.readUInt32LE(position + 20);
    const pathBytes = archive.readUInt16LE(position + 28);
    const local = archive.readUInt32LE(position + 42);
    const path = archive.toString('utf8', position + 46, position + 46 + pathBytes);
    position += 46 + pathBytes + archive.readUInt16LE(position + 30) + archive.readUInt16LE(position + 32);

    const start = local + 30 + archive.readUInt16LE(local + 26) + archive.readUInt16LE(local + 28);
    const packed = archive.subarray(start, start + packedBytes);
    if (method !== STORED && method !== DEFLATED) throw new Error(`${path}: unknown compression ${method}`);
    const content = method === STORED ? packed : inflateRawSync(packed);
    if (crc32(content) !== checksum) throw new Error(`${path}: wrong checksum`);
    return { path, content };
  }).filter(({ path }) => !path.endsWith('/'));
}

/**
 * Writes the files of the archive `file` under `directory`.
 *
 * @throws Error when a path would leave the directory, and as {@link readZip} does.
 */
export async function extractZip(file: string, directory: string): Promise<void> {
  for (const { path, content } of readZip(await readFile(file))) {
    if (normalize(path).startsWith('..')) throw new Error(`${file}: ${path} leaves the directory`);
    await mkdir(dirname(join(directory, path)), { recursive: true });
    await writeFile(join(directory, path), content);
  }
}
