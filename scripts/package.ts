import { readTemplate, type Template } from '../local/cloud/template/template.ts';
import { buildFunctions } from './build.ts';
import { readCommandLine } from './command-line.ts';
import { type ConfigFile, configFileOf, readWholeFile } from './config-file.ts';
import { ROOT, runOsls } from './osls.ts';

export interface PackageOptions {
  stage: string;
  region: string;
  config?: string | undefined;
}

/** A stage's functions and template, as they would be deployed, and the configuration that is in them. */
export interface Packaged extends Pick<ConfigFile, 'config'> {
  template: Template;
}

/** Builds and packages a stage of this project, to `dist/` and `.serverless/`. Throws as the two tools do. */
export async function packageStage({ stage, region, config: file }: PackageOptions): Promise<Packaged> {
  const path = configFileOf({ stage, config: file });
  const { config } = readWholeFile(path);
  await buildFunctions(ROOT, path);
  await runOsls(['package', '--stage', stage, '--region', region]);
  return { config, template: await readTemplate(ROOT) };
}

/** `npm run package`: what `npm run deploy` would deploy, to look at. */
if (process.argv[1] === import.meta.filename) {
  const { values } = readCommandLine(
    'npm run package -- [--stage dev] [--region us-east-1] [--config file.json]',
    {
      options: {
        stage: { type: 'string', default: 'dev' },
        region: { type: 'string', default: process.env.AWS_REGION ?? 'us-east-1' },
        config: { type: 'string' },
      },
    },
  );
  await packageStage(values).catch((error) => {
    console.error(`package: ${error instanceof Error ? error.message : error}`);
    process.exitCode = 1;
  });
}
