import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Writable } from 'node:stream';
import { createGzip } from 'node:zlib';
import { pino, transport } from 'pino';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createLogger, transports } from 'winston';
import { gracefulShutdown } from '../../src/index.ts';
import { close } from './close.ts';

const LINES = 5_000;
// The last in a list is the one that is lost.
const writeTo = (write: (line: string) => void) => {
  for (let line = 1; line <= LINES; line++) write(`line ${line}\n`);
};

async function newFile(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'cutover-test-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return join(folder, 'out.log');
}

const expectLastLine = async (path: string) =>
  expect((await readFile(path, 'utf8')).trimEnd().split('\n').at(-1)).toContain(`line ${LINES}`);

describe('the last line is on the disk when a step is done', () => {
  it('of a file stream', async () => {
    const path = await newFile();
    const stream = createWriteStream(path);
    writeTo((line) => stream.write(line));
    expect(await close(stream)).toMatchObject({ outcome: 'done', phase: 'flush' });
    await expectLastLine(path);
  });

  it('of a file stream that a function ends', async () => {
    const path = await newFile();
    const stream = createWriteStream(path);
    writeTo((line) => stream.write(line));
    expect(await close(() => stream.end())).toMatchObject({ outcome: 'done' });
    await expectLastLine(path);
  });

  it("of winston's logger", async () => {
    const path = await newFile();
    const logger = createLogger({ transports: [new transports.File({ filename: path })] });
    writeTo((line) => logger.info(line));
    expect(await close(logger)).toMatchObject({ outcome: 'done', phase: 'flush' });
    expect(await readFile(path, 'utf8')).toContain(`line ${LINES}\\n`);
  });

  it("of winston's file transport", async () => {
    const path = await newFile();
    const file = new transports.File({ filename: path });
    const logger = createLogger({ transports: [file] });
    writeTo((line) => logger.info(line));
    expect(await close(file)).toMatchObject({ outcome: 'done', phase: 'flush' });
    expect(await readFile(path, 'utf8')).toContain(`line ${LINES}\\n`);
  });

  it("of pino's transport in its thread", async () => {
    const path = await newFile();
    const stream = transport({ target: 'pino/file', options: { destination: path } });
    const logger = pino(stream);
    writeTo((line) => logger.info(line));
    expect(await close(stream)).toMatchObject({ outcome: 'done', phase: 'flush' });
    await expectLastLine(path);
  });

  it.each(['target', 'targets'])('of a logger of pino with a %s', async (kind) => {
    const path = await newFile();
    const target = { target: 'pino/file', options: { destination: path } };
    const logger = pino(transport(kind === 'target' ? target : { targets: [target] }));
    writeTo((line) => logger.info(line));
    expect(await close(logger)).toMatchObject({ outcome: 'done', phase: 'flush' });
    await expectLastLine(path);
  });

  it.each([
    ['its destination', (stream: object, _: object) => stream],
    ['the logger', (_: object, logger: object) => logger],
  ])('of pino that buffers, by %s', async (_, which) => {
    const path = await newFile();
    const stream = pino.destination({ dest: path, sync: false, minLength: 4096 });
    await once(stream, 'ready');
    const logger = pino(stream);
    writeTo((line) => logger.info(line));
    expect(await close(which(stream, logger) as never)).toMatchObject({ outcome: 'done', phase: 'flush' });
    await expectLastLine(path);
  });
});

describe('Shutdown.add with a stream', () => {
  it('leaves one alone that is destroyed, and waits for one that somebody is ending', async () => {
    const gone = new PassThrough();
    gone.destroy();
    expect(await close(gone)).toMatchObject({ outcome: 'done' });
    const path = await newFile();
    const ending = createWriteStream(path);
    writeTo((line) => ending.write(line));
    ending.end();
    expect(await close(ending)).toMatchObject({ outcome: 'done' });
    expect(await close(ending)).toMatchObject({ outcome: 'done' });
    await expectLastLine(path);
  });

  it('reports one that fails: the line is not on the disk', async () => {
    const full = new Writable({ write: (_, __, written) => written(new Error('no space left')) });
    full.write('line');
    expect(await close(full)).toMatchObject({ outcome: 'failed', note: 'no space left' });
  });

  it('does not wait for a reader that a transformer has none of', async () => {
    const gzip = createGzip();
    gzip.write('line');
    expect(await close(gzip)).toMatchObject({ outcome: 'done' });
  });

  it('waits for what is piped into it, and says so when that does not end', async () => {
    const path = await newFile();
    const [head, file] = [new PassThrough(), createWriteStream(path)];
    head.pipe(file);
    writeTo((line) => head.write(line));
    const closed = close(file);
    expect(await close(head)).toMatchObject({ outcome: 'done' });
    expect(await closed).toMatchObject({ outcome: 'done' });
    await expectLastLine(path);
    const other = new PassThrough();
    new PassThrough().pipe(other);
    expect(await close(other, { timeout: 50 })).toMatchObject({
      outcome: 'timeout',
      note: expect.stringContaining('piped into it'),
    });
  });

  it.each(['stdout', 'stderr'] as const)('flushes %s and leaves it open', async (name) => {
    expect(await close(process[name])).toMatchObject({ outcome: 'done' });
    expect(process[name].writable).toBe(true);
  });
});

describe('the line of the verdict', () => {
  it('goes to the console when the logger of the shutdown was ended by a step', async () => {
    const said = vi.spyOn(console, 'info').mockImplementation(() => {});
    onTestFinished(() => said.mockRestore());
    const logger = createLogger({ transports: [new transports.File({ filename: await newFile() })] });
    const shutdown = gracefulShutdown({ logger, signals: [], trapErrors: false, exit: false });
    shutdown.add('log', logger);
    await shutdown.begin();
    expect(said).toHaveBeenCalledWith(expect.stringMatching(/^shutdown clean .*: log/));
  });
});
