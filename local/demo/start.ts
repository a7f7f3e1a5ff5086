import { countOf, readCommandLine } from '../../scripts/command-line.ts';
import { announce, localCloudOf } from '../../scripts/local-cloud.ts';
import { startCloud } from '../cloud/cloud.ts';
import { packageProject } from '../cloud/package.ts';
import { demoDirectory } from './directory.ts';
import { createAlarmWatch } from './watch-alarms.ts';

/**
 * `npm start`: runs the local cloud until Ctrl-C, with the project's own configuration, or with that of `--config`. `--port` is
 * the port of the webhooks (default 3000), `--json` prints one line for programs, `--verbose` every log line of the functions.
 * Alarms that go off or end are a line each. With VELT_BASE_URL functions call that Velt in place of the double.
 */
const { values } = readCommandLine(
  'npm start -- [--config config/dev.json] [--port 3000] [--json] [--verbose]',
  {
    options: {
      config: { type: 'string' },
      port: { type: 'string', default: '3000' },
      json: { type: 'boolean', default: false },
      verbose: { type: 'boolean', default: false },
    },
  },
);
const ALARM_LOOK_MS = 5_000;
const port = countOf('port', values.port);
if (port > 65_535) {
  console.error(`--port takes a number from 0 to 65535, not ${values.port}`);
  process.exit(2);
}

if (!values.json) console.log('Building, packaging and starting the local cloud …');
await packageProject(process.cwd(), values.config).catch(giveUp);
const veltBaseUrl = process.env.VELT_BASE_URL;
const cloud = await startCloud({
  port,
  directory: demoDirectory,
  schedules: true,
  ...(veltBaseUrl && { veltBaseUrl }),
  ...(values.verbose && { log: (name: string, line: string) => console.error(`${name} ${line}`) }),
}).catch(giveUp);

const unannounce = announce(localCloudOf(cloud, values.config));
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
  console.log(JSON.stringify({ baseUrl, sources: byName, veltUrl, aws }));
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
  console.log('\nCtrl-C stops it.');
  const look = createAlarmWatch();
  setInterval(() => {
    for (const line of look(cloud.alarms())) console.log(line);
  }, ALARM_LOOK_MS).unref();
}

function giveUp({ message }: Error): never {
  console.error(`The local cloud did not start: ${message}`);
  process.exit(1);
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, async () => {
    unannounce();
    await cloud.close();
    process.exit(0);
  });
}
