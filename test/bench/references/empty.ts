/** What every start costs: a handler that does nothing. */
export const handler = async () => ({ statusCode: 200 });
