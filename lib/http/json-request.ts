/** An authorized request for JSON, which sends JSON where there is a body; `timeoutMs` is for the whole exchange. */
export function jsonRequest<
  Asked extends {
    method: string;
    url: string;
    authorization: string;
    body: object | undefined;
    timeoutMs: number;
  },
>({ authorization, body, ...request }: Asked) {
  return {
    ...request,
    headers: {
      accept: 'application/json',
      authorization,
      ...(body && { 'content-type': 'application/json' }),
    },
    ...(body && { body: JSON.stringify(body) }),
  };
}
