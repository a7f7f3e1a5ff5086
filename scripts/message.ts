/** A fault and what AWS said of it: whoever runs a command needs both. */
export function messageOf(error: unknown, between = '\n  '): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}${between}${error.cause.message}` : error.message;
}
