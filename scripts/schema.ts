import { writeFileSync } from 'node:fs';
import { schemaOfFile } from './config-file.ts';

// Writes config/schema.json, by which editors complete and check a configuration.

const file = new URL('../config/schema.json', import.meta.url);
writeFileSync(file, `${JSON.stringify(schemaOfFile(), null, 2)}\n`);
