// The Firebase callable mapping; Velt itself confirms INVALID_ARGUMENT = 400 and INTERNAL = 500 only.
export const HTTP_STATUS = {
  INVALID_ARGUMENT: 400,
  UNAUTHENTICATED: 401,
  PERMISSION_DENIED: 403,
  NOT_FOUND: 404,
  ALREADY_EXISTS: 409,
  RESOURCE_EXHAUSTED: 429,
  INTERNAL: 500,
  UNIMPLEMENTED: 501,
  UNAVAILABLE: 503,
  DEADLINE_EXCEEDED: 504,
} as const;

/** Thrown when Velt refuses a whole request. */
export class Refused extends Error {
  override name = 'Refused';
  status: keyof typeof HTTP_STATUS;
  details: unknown;
  constructor(status: keyof typeof HTTP_STATUS, message: string, details?: unknown) {
    super(message);
    this.status = status;
    this.details = details;
  }
}
