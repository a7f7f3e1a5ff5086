import type { CallKind } from '../../lib/directory/calls.ts';
import { readAnswer } from '../../lib/velt/outcome.ts';
import { NOW } from './factories.ts';

export const KINDS: CallKind[] = [
  'groups.add',
  'users.add',
  'users.update',
  'group.users.add',
  'group.users.delete',
  'users.delete',
];

export interface Response {
  status?: number;
  headers?: Record<string, string>;
  body: unknown;
}

export const read = (
  { status = 200, headers = {}, body }: Response,
  kind: CallKind = 'users.add',
  ids = ['ada', 'bob'],
) =>
  readAnswer(
    { kind, items: ids.map((id) => ({ id, owners: [] })) },
    { status, headers, body: typeof body === 'string' ? body : JSON.stringify(body) },
    NOW,
  );

export const faultOf = (response: Response) => {
  try {
    read(response);
  } catch (error) {
    return error;
  }
  throw new Error('it was an answer');
};

export const added = { success: true, id: '4c250058149d6c9fb8c894c9ef29c790', message: 'User added.' };
export const refused = { success: false, id: 'ad22d93b49ad990d2b3d582d08d7768a', message: 'Invalid e-mail.' };
export const result = (data: unknown) => ({ result: { status: 'success', message: 'Processed.', data } });
export const error = (more: object) => ({
  error: { message: 'Error processing.', status: 'INTERNAL', ...more },
});
