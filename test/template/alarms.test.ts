import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Template } from '../../local/cloud/template/template.ts';
import { FUNCTIONS, ofType, packagedTemplate, withOktaStream } from './packaged.ts';

interface Alarm {
  AlarmName: string;
  AlarmDescription: string;
  Namespace?: string;
  MetricName?: string;
  Dimensions?: object[];
  AlarmActions: unknown[];
  OKActions: unknown[];
  Metrics?: { MetricStat?: { Metric: { Namespace: string; MetricName: string; Dimensions: object[] } } }[];
}

let template: Template;
let alarms: [logicalId: string, alarm: Alarm][];
let manual: string;
beforeAll(async () => {
  template = withOktaStream(await packagedTemplate());
  alarms = ofType<Alarm>(template, 'AWS::CloudWatch::Alarm');
  manual = await readFile('docs/operations.md', 'utf8');
});

/** As GitHub makes the link to a heading. */
const anchorsOf = (text: string) =>
  [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => heading.toLowerCase().replaceAll(' ', '-'));

describe('every alarm', () => {
  test('says what it means, and names a part of the manual that is there', () => {
    const anchors = anchorsOf(manual);

    const named = alarms.map(
      ([, { AlarmDescription }]) => AlarmDescription.match(/^.+\. docs\/operations\.md#(.+)$/)?.[1],
    );

    expect(named).toHaveLength(20);
    expect(named.filter((anchor) => !anchors.includes(String(anchor)))).toEqual([]);
  });

  test('is in the table of the manual', () => {
    const table = manual.slice(manual.indexOf('## Alarms'), manual.indexOf('### The webhook fails'));

    const missing = alarms.filter(
      ([, { AlarmName }]) => !table.includes(`\`${AlarmName.replace('velt-directory-sync-dev', '')}\``),
    );

    expect(missing).toEqual([]);
  });

  test('tells the topic when it goes off and when it is over', () => {
    const topic = expect.stringMatching(/^arn:aws:sns:.+:velt-directory-sync-dev-alarms$/);

    for (const [, { AlarmActions, OKActions }] of alarms)
      expect([AlarmActions, OKActions]).toEqual([[topic], [topic]]);
  });

  test('is on the dashboard, but for the one that most stacks do not have', () => {
    const [dashboard] = ofType<{ DashboardBody: string }>(template, 'AWS::CloudWatch::Dashboard');
    const { widgets } = JSON.parse(dashboard?.[1].DashboardBody ?? '{}');

    const shown = widgets[0].properties.alarms.map((arn: string) => arn.split(':').at(-1));

    const others = alarms.map(([, { AlarmName }]) => AlarmName).filter((name) => !name.includes('partner'));
    expect(shown.toSorted()).toEqual(others.toSorted());
  });

  test('of ours looks at one stage, at a metric that the code tells', async () => {
    const told = await readFile('lib/observability.ts', 'utf8');
    const looked = alarms.flatMap(([, { Metrics, ...alone }]) => [
      alone,
      ...(Metrics ?? []).flatMap(({ MetricStat }) => MetricStat?.Metric ?? []),
    ]);
    const ours = looked.filter(({ Namespace }) => Namespace === 'VeltDirectorySync');

    expect(ours.length).toBeGreaterThan(10);
    for (const { MetricName, Dimensions } of ours) {
      expect(told).toContain(`'${MetricName}'`);
      expect(Dimensions).toEqual([
        { Name: 'service', Value: 'velt-directory-sync' },
        { Name: 'stage', Value: 'dev' },
      ]);
    }
  });

  test('of functions looks at each of them', () => {
    const looked = alarms.map(
      ([, { Metrics = [] }]) => Metrics.filter(({ MetricStat }) => MetricStat).length,
    );

    expect(looked.filter((count) => count > 1)).toEqual([FUNCTIONS.length, FUNCTIONS.length]);
  });
});

test('the manual says how many metrics the alarms look at', () => {
  const count = alarms.reduce((sum, [, { Metrics }]) => sum + (Metrics ? Metrics.length - 1 : 1), 0);

  expect(manual).toContain(
    `by the metrics that they look at: ${count - 1}, with a partner's stream ${count}.`,
  );
});

test('nobody is subscribed to the topic before an address is given', () => {
  const given = structuredClone(template);
  const { AlarmEmail } = given.Parameters ?? {};
  if (AlarmEmail) AlarmEmail.Default = 'oncall@example.com';
  const subscribed = (to: Template) =>
    ofType<{ Endpoint: string }>(to, 'AWS::SNS::Subscription').map(([, { Endpoint }]) => Endpoint);

  expect([subscribed(template), subscribed(given)]).toEqual([[], ['oncall@example.com']]);
});
