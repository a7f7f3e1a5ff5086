/**
 * Does something until it succeeds. After the n-th failure `waitFor` says how long to wait (ms), or that no wait mends it:
 * then the error is thrown.
 */
export async function retry<T>(
  act: () => Promise<T>,
  waitFor: (error: unknown, failures: number) => number | undefined,
  wait: (ms: number) => Promise<void>,
): Promise<T> {
  for (let failures = 1; ; failures += 1) {
    try {
      return await act();
    } catch (error) {
      const ms = waitFor(error, failures);
      if (ms === undefined) throw error;
      await wait(ms);
    }
  }
}
