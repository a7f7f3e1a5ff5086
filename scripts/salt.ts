import { hashed } from '../lib/observability.ts';
import { BadArguments } from './command.ts';
import { describeStack } from './describe-stack.ts';
import type { StackPlace } from './place.ts';

/**
 * What the ids in the logs of a stage are hashed with: the UUID in the id of its stack, as serverless.yml has it. Throws Error
 * where CloudFormation does not tell.
 */
export async function saltOf(place: StackPlace): Promise<string> {
  const told = place.local ? place.local.stackId : await stackIdOf(place);
  const salt = told?.split('/')[2];
  if (salt === undefined) throw new Error(`the id of the stack of stage ${place.stage} is not known`);
  return salt;
}

async function stackIdOf(place: StackPlace): Promise<string | undefined> {
  try {
    return (await describeStack(place))?.StackId;
  } catch (cause) {
    throw new Error(
      `the salt of the hashes is in the id of the stack of stage ${place.stage}, and that cannot be read`,
      { cause },
    );
  }
}

/** The hashes by which lines are found that are about all of these. Only ids need the salt. Throws BadArguments for a hash that is none. */
export async function hashesOf(
  {
    person,
    event,
    hash,
  }: { person?: string | undefined; event?: string | undefined; hash?: string | undefined },
  salt: () => Promise<string>,
): Promise<string[]> {
  if (hash !== undefined && !/^[\w-]{12}$/.test(hash))
    throw new BadArguments(`--hash is ${hash}, and none of twelve characters as in the logs`);
  const ids = [person, event].filter((id) => id !== undefined);
  const known = ids.length > 0 ? await salt() : '';
  return [...ids.map((id) => hashed(id, known)), ...(hash === undefined ? [] : [hash])];
}
