interface Double {
  handle(request: { path: string }): object;
}

/** From now on a double refuses what is at this path (403) in words of no scope: it is about that one thing. */
export function forbid(double: object, path: RegExp): void {
  const it = double as Double;
  const { handle } = it;
  const answer = { status: 403, headers: {}, body: '{"statusCode":403,"error":"Forbidden","message":"No."}' };
  it.handle = (request) => (path.test(request.path) ? answer : handle(request));
}

/** From now on a double answers JSON at this path otherwise: for what it would not say by itself, such as odd types. */
export function answerOtherwise<Json>(double: object, path: RegExp, change: (json: Json) => unknown): void {
  const it = double as Double;
  const { handle } = it;
  it.handle = (request) => {
    const answer = handle(request);
    if (!path.test(request.path) || !('body' in answer)) return answer;
    return { ...answer, body: JSON.stringify(change(JSON.parse(String(answer.body)))) };
  };
}
