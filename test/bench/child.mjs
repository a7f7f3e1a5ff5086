// One cold start, as a process of its own: loads a bundle as the runtime of Lambda does, runs its handler once on each event, and
// writes to descriptor 3 what that took. Plain JavaScript, and no import that a bundle could profit by.
import { readFileSync, writeFileSync, writeSync } from 'node:fs';

const [bundle, file, cgroup] = process.argv.slice(2);
const events = JSON.parse(readFileSync(file, 'utf8'));
const context = { awsRequestId: 'cold', getRemainingTimeInMillis: () => 60_000 };
/** CPU of every thread since the process began, and the clock since then (ms). */
const now = () => {
  const { user, system } = process.cpuUsage();
  return { cpu: (user + system) / 1000, wall: performance.now() };
};
const between = (before, after) => ({ cpu: after.cpu - before.cpu, wall: after.wall - before.wall });

const started = now();
const { handler } = await import(bundle);
const loaded = now();
// Lambda gives init a whole CPU, and the invocations what belongs to the memory.
if (cgroup) writeFileSync(`${cgroup}/cgroup.procs`, String(process.pid));
const answers = [];
const invocations = [];
let last = now();
for (const event of events) {
  const before = now();
  answers.push(await handler(event, context));
  last = now();
  invocations.push(between(before, last));
}
const told = {
  ...{ cpu: last.cpu, wall: last.wall, init: between(started, loaded), invocations, answers },
  rssMb: process.resourceUsage().maxRSS / 1024,
  modules: process.moduleLoadList.flatMap((name) => /^NativeModule (.*)$/.exec(name)?.[1] ?? []),
};
writeSync(3, JSON.stringify(told));
process.exit(0);
