/**
 * A shell command that puts $CREDENTIAL into the webhooks secret: the other sources stay in it, and the value that was
 * good until now stays good beside the new one, since whatever comes with a refused credential is lost.
 */
export function putCredential(source: string, stage: string): string {
  const secret = `velt-directory-sync-${stage}/webhooks`;
  const entry = '{current: $value} + (if .current then {previous: .current} else {} end)';
  return [
    `aws secretsmanager get-secret-value --secret-id ${secret} --query SecretString --output text |`,
    `  jq -c --arg value "$CREDENTIAL" '."${source}" |= (${entry})' |`,
    `  aws secretsmanager put-secret-value --secret-id ${secret} --secret-string file:///dev/stdin`,
  ].join('\n');
}

/** A text that `hereDocument` leaves to the shell, such as $CREDENTIAL. */
export function fromShell(expression: string): string {
  return `\0${expression}\0`;
}

/** JSON for an unquoted here-document: whatever would mean something to the shell is escaped, but for `fromShell`. */
export function hereDocument(value: object): string {
  return JSON.stringify(value, null, 2)
    .split('\\u0000')
    .map((text, index) => (index % 2 === 1 ? text : text.replace(/[\\$`]/g, '\\$&')))
    .join('');
}

/** A text in Terraform's language. */
export function quoteHcl(text: string): string {
  return JSON.stringify(text).replace(/[$%](?=\{)/g, '$&$&');
}

/** The elements of a list in Terraform's language, one a line. */
export function hclList(texts: string[]): string {
  return texts.map((text) => `    ${quoteHcl(text)},`).join('\n');
}
