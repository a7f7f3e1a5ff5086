import { defineCommand } from '../command.ts';
import { CONFIG_FILE, readConfigFile } from '../config-file.ts';
import { previewThrough } from '../preview.ts';

export const command = defineCommand({
  flags: {
    source: { type: 'string', value: 'okta', about: 'the source, where there are several' },
    person: {
      type: 'string',
      value: 'ada@example.com',
      about: "somebody, read from the directory: address or the vendor's id",
    },
    people: {
      type: 'string',
      value: 'users.json',
      about: "a JSON array of users, as the vendor's API has them",
    },
    event: { type: 'string', value: 'event.json', about: 'a delivery, as in events/, or its body' },
    config: {
      type: 'string',
      value: 'other.json',
      about: 'another configuration than directory.config.json',
    },
  },
  more: 'One of --person, --people and --event. Velt hears nothing of it. Files need no stage.',
  async run({ config: file = CONFIG_FILE, ...asked }, { terminal, clock, stack }) {
    await previewThrough(asked, { config: readConfigFile(file), terminal, clock, connect: stack });
    return true;
  },
});
