/**
 * An error that an AWS service answers with.
 *
 * `code` is the shape's name, which the SDK gives as `error.name`. SQS used a query protocol once and still sends its
 * old code in a header. That is `queryCode`, by default the same.
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
