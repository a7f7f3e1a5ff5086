import { crc32 } from 'node:zlib';

/** The first moment that a zip can tell, 1980-01-01 00:00: the archive says nothing of when it was made. */
const DATE = (1 << 5) | 1;
const TIME = 0;
const VERSION = 20;
/** Made on Unix: the mode below counts. */
const MADE_BY = (3 << 8) | VERSION;
/** A regular file that everybody may read, as Lambda demands. */
const MODE = 0o100644;
const UTF8 = 1 << 11;

/**
 * A zip archive of these files, in their order. The same files give the same bytes on every machine: nothing is compressed, for
 * what a compressor makes of a file depends on its version and on the processor. Source: PKWARE APPNOTE.TXT 6.3.10, 4.3.
 *
 * @throws RangeError where a file or the archive would need ZIP64, at 4 GiB.
 */
export function writeZip(files: { path: string; content: Buffer }[]): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let position = 0;
  for (const { path, content } of files) {
    const name = Buffer.from(path);
    const facts = Buffer.alloc(26);
    facts.writeUInt16LE(VERSION, 0);
    facts.writeUInt16LE(UTF8, 2);
    facts.writeUInt16LE(TIME, 6);
    facts.writeUInt16LE(DATE, 8);
    facts.writeUInt32LE(crc32(content), 10);
    facts.writeUInt32LE(content.length, 14);
    facts.writeUInt32LE(content.length, 18);
    facts.writeUInt16LE(name.length, 22);

    directory.push(entryOf(facts, name, position));
    parts.push(signature(0x04034b50), facts, name, content);
    position += 4 + facts.length + name.length + content.length;
  }
  const index = Buffer.concat(directory);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(files.length, 4);
  end.writeUInt16LE(files.length, 6);
  end.writeUInt32LE(index.length, 8);
  end.writeUInt32LE(position, 12);
  return Buffer.concat([...parts, index, signature(0x06054b50), end]);
}

/** What the directory at the end of the archive says of a file: the same facts, its mode, and where it begins. */
function entryOf(facts: Buffer, name: Buffer, position: number): Buffer {
  const rest = Buffer.alloc(14);
  rest.writeUInt32LE(MODE * 0x10000, 6);
  rest.writeUInt32LE(position, 10);
  const madeBy = Buffer.alloc(2);
  madeBy.writeUInt16LE(MADE_BY);
  return Buffer.concat([signature(0x02014b50), madeBy, facts, rest, name]);
}

function signature(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
