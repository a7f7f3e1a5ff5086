/**
 * Answers Okta's one-time verification of a hook: the value of the challenge header comes back as JSON
 * (developer.okta.com/docs/concepts/event-hooks, 2026-08-21). Undefined when the request carries no challenge.
 */
export function answerChallenge(
  headers: Record<string, string | undefined>,
): { verification: string } | undefined {
  const challenge = headers['x-okta-verification-challenge'];
  return challenge ? { verification: challenge } : undefined;
}
