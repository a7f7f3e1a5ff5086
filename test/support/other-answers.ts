interface Double {
  handle(request: { path: string }): object;
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
