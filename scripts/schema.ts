import { writeFileSync } from 'node:fs';
import * as z from 'zod';
import { DirectoryConfig } from '../lib/config.ts';

// Writes directory.config.schema.json, by which editors complete and check directory.config.json.

const schema = z.toJSONSchema(DirectoryConfig, { io: 'input' });
const file = new URL('../directory.config.schema.json', import.meta.url);
writeFileSync(file, `${JSON.stringify(schema, null, 2)}\n`);
