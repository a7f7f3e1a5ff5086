/**
 * A refusal as an AWS service words it.
 *
 * `code` is the shape's name, which the SDK gives as `error.name`. SQS was a query protocol once and still sends its old
 * code in a header, where it differs from the shape's name: that is `queryCode`.
 */
export class AwsError extends Error {
  override readonly name = 'AwsError';
  readonly code: string;
  readonly status: number;
  readonly queryCode: string;

  constructor(code: string, message: string, { status = 400, queryCode = code } = {}) {
    super(message);
    this.code = code;
    this.status = status;
    this.queryCode = queryCode;
  }
}
