import { WorldFault } from '../lib/errors.ts';
import { planRemoval, removeSource } from '../lib/reconcile/removal.ts';
import { removalText, removedText } from './removal-text.ts';
import { checkInterrupted, type Session } from './stack.ts';

/**
 * Shows whom it would take out of Velt to take a source away and, once `confirm` says so, takes them out in this terminal and
 * forgets the source. Of a source that is still configured it only shows them. Returns whether all of it is done.
 *
 * Throws ConfigError when nobody knows of such a source, and what `confirm` throws.
 */
export async function removeThrough(
  source: string,
  confirm: () => Promise<boolean>,
  { stack, terminal, signal }: Session,
): Promise<boolean> {
  try {
    terminal.print(removalText(source, await planRemoval(source, stack)));
    terminal.print('');
    if (stack.policies.has(source)) {
      terminal.print(stillConfigured(source, stack.flags));
      return false;
    }
    if (!(await confirm())) {
      terminal.print(`${source}: nobody was taken out.`);
      return false;
    }
    const onLeft = (left: number) => {
      terminal.progress(`${source}: ${left.toLocaleString('en')} people still at Velt`);
      checkInterrupted(signal);
    };
    terminal.progress(`${source}: taking its people out of Velt`);
    const removed = await removeSource(source, { ...stack, onLeft });
    terminal.print(removedText(source, removed, stack.flags));
    return removed.left === 0;
  } catch (error) {
    if (!(error instanceof WorldFault)) throw error;
    const again = `npm run sync -- remove-source ${source}${stack.flags}`;
    terminal.print(`${source}: not done: ${error.message}. ${again} goes on from there.`);
    return false;
  }
}

function stillConfigured(source: string, flags: string): string {
  return [
    `${source} is still in directory.config.json: its next event would bring back whoever was taken out.`,
    '  Set "removed": true on it, or take it out; deploy; then call this again:',
    `  npm run sync -- remove-source ${source}${flags}`,
  ].join('\n');
}
