import type { RunDeps } from '../../lib/reconcile/work.ts';

/** Thrown in a process that was killed: it handles nothing any more. */
export class Killed extends Error {
  override readonly name = 'Killed';
}

/** The deps of a process that is killed at its `at`-th call of any of them: before the call is made, or once it was. */
export function mortal(deps: RunDeps, at: number, when: 'before' | 'after'): RunDeps {
  let calls = 0;
  async function live<T>(call: () => Promise<T>): Promise<T> {
    calls += 1;
    if (calls > at || (calls === at && when === 'before')) throw new Killed();
    const result = await call();
    if (calls >= at) throw new Killed();
    return result;
  }
  async function* listed<T>(list: AsyncIterable<T>): AsyncGenerator<T> {
    for await (const item of list) yield await live(async () => item);
  }
  const each = <T extends object>(target: T): T =>
    new Proxy(target, {
      get: (object, name) => {
        const value = Reflect.get(object, name);
        if (typeof value !== 'function') return value;
        const isList = name === 'listed' || name === 'deferred';
        return (...args: unknown[]) =>
          isList ? listed(value.apply(object, args)) : live(async () => value.apply(object, args));
      },
    });
  return {
    ...deps,
    ...{ mirror: each(deps.mirror), runs: each(deps.runs), queue: each(deps.queue) },
    directories: new Map([...deps.directories].map(([name, directory]) => [name, each(directory)])),
  };
}
