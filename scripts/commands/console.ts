import { once } from 'node:events';
import { BadArguments, defineCommand } from '../command.ts';
import { startConsole } from '../console/console.ts';

export const command = defineCommand({
  flags: {
    port: { type: 'string', value: '4000', default: '0', about: 'the port on 127.0.0.1; 0 is any free one' },
    'read-only': { type: 'boolean', about: 'looks, and changes nothing' },
  },
  more: `A page on this machine alone, with the AWS credentials of this terminal: open the address that it prints, which has a token in it.
It shows what the other commands show, names of people too, and does what they do once the stage was typed. Ctrl-C ends it.`,
  exits: { 0: 'it was ended', 1: 'it could not be started' },
  async run({ port: given, ...asked }, context) {
    const { call, stage, flags, isLocal, terminal, signal } = context;
    const port = Number(given);
    if (!Number.isInteger(port) || port < 0 || port > 65_535)
      throw new BadArguments(`--port takes a number from 0 to 65535, not ${given}`);
    const isReadOnly = asked['read-only'] === true;
    const opened = await startConsole({
      ...{ call, stage, flags, isLocal, isReadOnly, port },
      config: context.config(),
    });
    terminal.show({ url: opened.url }, `The console of ${stage}: ${opened.url}\nCtrl-C ends it.`);
    if (!signal.aborted) await once(signal, 'abort');
    await opened.close();
    return true;
  },
});
