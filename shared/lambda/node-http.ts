/**
 * Stands for `node:http` in a function's bundle. An import of the built-in itself reads every one of its exports, and
 * `http.WebSocket` is a getter that loads undici and HTTP/2: a fifth of a function's start.
 */
const http = process.getBuiltinModule('node:http');

export default http;
export const { Agent, request, STATUS_CODES } = http;
