import type { Socket } from 'node:net';
import { reply } from './dialect.ts';
import type { Asked } from './handler.ts';
import type { FakeModel } from './model.ts';

/** What a fault does in place of the answer to a line. */
export type Fault =
  /** Never answers, nor to anything else on that connection. */
  | { readonly silent: true }
  /** Closes after so many bytes of the answer (0: none); the command takes effect first. */
  | { readonly cutAfter: number }
  /** Sends another answer, with framing; the command does not take effect. */
  | { readonly answer: string }
  /** Writes exactly these bytes and nothing else. */
  | { readonly raw: string }
  /** Splits the answer into pieces of so many bytes. */
  | { readonly pieces: number };

interface Hooks {
  log(line: string): void;
  takeFault(line: string): Fault | undefined;
}

/** One connection: one-shot until it says `prompt`. */
export function serve(socket: Socket, model: FakeModel, { log, takeFault }: Hooks): void {
  const worker = model.pid;
  let prompt = false;
  let severity = false;
  let stuck = false;
  let pending = '';
  const own = (line: string): string | undefined => {
    if (line === 'prompt') prompt = true;
    else if (line === 'set severity-output number') severity = true;
    else if (line === 'show info' && worker !== model.pid) {
      return reply({ ...model, pid: worker }, { line }).replace('Stopping: 0', 'Stopping: 1');
    } else if (worker !== model.pid && line.startsWith('set server')) return 'Proxy is disabled.';
    else return undefined;
    return '';
  };
  const answer = (asked: Asked): void => {
    const { line } = asked;
    log(line);
    const fault = takeFault(line);
    if (fault && 'silent' in fault) stuck = true;
    if (stuck) return;
    if (/^show events (buf0|events) -w/.test(line)) {
      const tell = (event: string) => socket.write(`${event}\n`);
      model.listeners.add(tell);
      return void socket.once('close', () => model.listeners.delete(tell));
    }
    if (line === 'quit') return void socket.end();
    if (fault && 'raw' in fault) return void socket.write(fault.raw);
    const body = fault && 'answer' in fault ? fault.answer : (own(line) ?? reply(model, asked));
    const text = `${severity ? withSeverity(body) : body}${body ? '\n\n' : '\n'}${prompt ? '> ' : ''}`;
    send(socket, text, fault);
  };
  const readLine = lineReader(model, answer);
  socket.on('data', (chunk) => {
    const [...complete] = (pending + chunk.toString()).split('\n');
    pending = complete.pop() ?? '';
    for (const line of complete) {
      const whole = readLine(line);
      if (prompt || stuck || !whole) continue;
      // One-shot: what came with the first line is dropped.
      socket.end();
      break;
    }
  });
}

/** Splits lines into commands and collects the lines of a payload; true at the end of a request. */
function lineReader(model: FakeModel, answer: (asked: Asked) => void): (line: string) => boolean {
  let gathering: { line: string; payload: string[] } | undefined;
  return (line) => {
    if (gathering && line !== '') gathering.payload.push(line);
    else if (gathering) {
      answer(gathering);
      gathering = undefined;
    } else if (beginsPayload(model, line)) gathering = { line: line.replace(/ *<<\S*$/, ''), payload: [] };
    else for (const [part] of line.matchAll(/(?:\\.|[^;\\])+|^$/g)) answer({ line: part.trimStart() });
    return gathering === undefined;
  };
}

/** By the end of the line up to 2.8, by the beginning of its last word later; escaped or not. */
const beginsPayload = ({ version }: FakeModel, line: string): boolean =>
  version.startsWith('2.') ? line.endsWith('<<') : /(^|[ \t])<<[^ \t]*$/.test(line);

function send(socket: Socket, text: string, fault: Fault | undefined): void {
  const bytes = Buffer.from(text);
  if (fault && 'cutAfter' in fault) {
    socket.end(bytes.subarray(0, fault.cutAfter));
  } else if (fault && 'pieces' in fault) {
    for (let at = 0; at < bytes.length; at += fault.pieces)
      socket.write(bytes.subarray(at, at + fault.pieces));
  } else {
    socket.write(bytes);
  }
}

/** Severities as HAProxy gives them: its refusals 3, most other messages 6, dumps none. */
const withSeverity = (body: string): string => {
  if (body === '' || body.startsWith('# ') || body.startsWith('1\n') || body.startsWith('Name: '))
    return body;
  if (
    /^(No such|Can't find|Unknown (map|ACL)|entry not|Key not|Version number|Permission|Failed|Proxy is)/.test(
      body,
    )
  )
    return `[3]: ${body}`;
  return body.startsWith('0x') ? body : `[6]: ${body}`;
};
