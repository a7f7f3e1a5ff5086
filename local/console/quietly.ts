import { messageOf } from '../../scripts/message.ts';

/** Looks on: where that fails, it is a warning, and not a fault of what is looked at. */
export function quietly<Args extends unknown[], T>(look: (...args: Args) => T, otherwise: T) {
  return (...args: Args): T => {
    try {
      return look(...args);
    } catch (error) {
      process.emitWarning(`The console missed something: ${messageOf(error)}`);
      return otherwise;
    }
  };
}
