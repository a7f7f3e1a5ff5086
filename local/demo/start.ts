import { countOf, readCommandLine } from '../../scripts/command-line.ts';
import { announce, localCloudOf } from '../../scripts/local-cloud.ts';
import { startCloud } from '../cloud/cloud.ts';
import { packageProject } from '../cloud/package.ts';
import { createLocalConsole } from '../console/local-console.ts';
import { demoDirectory } from './directory.ts';
import { createAlarmWatch } from './watch-alarms.ts';

/**
 * `npm start`: runs the local cloud until Ctrl-C, with the project's own configuration, or with that of `--config`. `--port` is
 * the port of the webhooks (default 3000), `--console` that of the page (default any free one), `--json` prints one line for programs, `--verbose` every log line of the functions.
 * Alarms that go off or end are a line each. With VELT_BASE_URL functions call that Velt in place of the double.
 */
const { values } = readCommandLine(
  'npm start -- [--config config/dev.json] [--port 3000] [--console 4000] [--json] [--verbose]',
  {
    options: {
      config: { type: 'string' },
      port: { type: 'string', default: '3000' },
      console: { type: 'string', default: '0' },
      json: { type: 'boolean', default: false },
      verbose: { type: 'boolean', default: false },
    },
  },
);
const ALARM_LOOK_MS = 5_000;
const port = portOf('port');
const consolePort = portOf('console');

const closers: (() => unknown)[] = [];
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => end(0));

if (!values.json) console.log('Building, packaging and starting the local cloud …');
await packageProject(process.cwd(), values.config).catch(giveUp);
const veltBaseUrl = process.env.VELT_BASE_URL;
const page = createLocalConsole(process.cwd(), { directory: demoDirectory, configFile: values.config });
const cloud = await startCloud({
  port,
  ...page.options,
  schedules: true,
  ...(veltBaseUrl && { veltBaseUrl }),
  ...(values.verbose && { log: (name: string, line: string) => console.error(`${name} ${line}`) }),
}).catch(giveUp);
closers.push(cloud.close);

const opened = await page.open(cloud, { port: consolePort, isReadOnly: false }).catch(giveUp);
closers.push(opened.close);
closers.push(announce(localCloudOf(cloud, values.config)));
const { baseUrl, veltUrl, admin } = cloud;
const { accessKeyId, secretAccessKey } = admin.credentials;
const aws = {
  AWS_ENDPOINT_URL: admin.endpoint,
  AWS_REGION: admin.region,
  AWS_ACCESS_KEY_ID: accessKeyId,
  AWS_SECRET_ACCESS_KEY: secretAccessKey,
};
const sources = Object.entries(cloud.sources).map(([name, { kind, url, headers }]) => {
  const [[header, credential] = ['', '']] = Object.entries(headers);
  return { name, kind, url, header, credential };
});
if (values.json) {
  const byName = Object.fromEntries(sources.map(({ name, ...source }) => [name, source]));
  console.log(JSON.stringify({ baseUrl, sources: byName, veltUrl, aws, console: opened.url }));
} else {
  console.log(`\nThe local cloud is up at ${baseUrl}\n`);
  for (const { name, kind, url, header, credential } of sources) {
    console.log(`  source ${name} (${kind})\n    POST ${url}\n    ${header}: ${credential}\n`);
  }
  console.log(
    veltBaseUrl
      ? `  Velt: ${veltUrl}`
      : `  Velt double: ${veltUrl}  (GET ${veltUrl}/__state shows everything in it)`,
  );
  const shell = sources.map(
    ({ name, credential }) => `${name.toUpperCase().replaceAll('-', '_')}='${credential}'`,
  );
  console.log(`\nFor the curl lines of the README:\n  ${shell.join(' ')} BASE=${baseUrl} VELT=${veltUrl}`);
  const variables = Object.entries(aws).map(([name, value]) => `${name}=${value}`);
  console.log(
    `\nThe commands take it with --local, such as npm run sync -- status --local; for the AWS CLI:\n  export ${variables.join(' ')}`,
  );
  console.log(`\nSee it in a browser:\n  ${opened.url}`);
  console.log('\nCtrl-C stops it.');
  const look = createAlarmWatch();
  setInterval(() => {
    for (const line of look(cloud.alarms())) console.log(line);
  }, ALARM_LOOK_MS).unref();
}

function portOf(name: 'port' | 'console'): number {
  const number = countOf(name, values[name]);
  if (number <= 65_535) return number;
  console.error(`--${name} takes a number from 0 to 65535, not ${values[name]}`);
  process.exit(2);
}

function giveUp({ message }: Error): Promise<never> {
  console.error(`The local cloud did not start: ${message}`);
  return end(1);
}

/** Closes what is open, the last first. */
async function end(code: number): Promise<never> {
  for (const close of closers.splice(0).toReversed()) await close();
  process.exit(code);
}
