import { hash } from 'node:crypto';

/** Some characters of a text's SHA-256: enough to see a difference, nothing to read. */
export function digestOf(text: string, length = 16): string {
  return hash('sha256', text, 'base64url').slice(0, length);
}
