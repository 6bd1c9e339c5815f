import { bundle } from '../programs.ts';

/**
 * The script of an app that takes `drain` milliseconds to end; it is CommonJS, as PM2 loads it. It says ready once its
 * handlers are there, so its ecosystem entry wants `wait_ready: true`.
 */
export const drainingApp = (drain: number): string => `
  import(${JSON.stringify(bundle)}).then(({ gracefulShutdown }) => {
    const shutdown = gracefulShutdown({ logger: false });
    shutdown.add('work', () => new Promise((done) => setTimeout(done, ${drain})), { phase: 'drain' });
    setInterval(() => {}, 1000);
    shutdown.ready();
  });
`;

/** An app that no signal ends. */
export const DEAF_APP = `
  process.on('SIGINT', () => {});
  setInterval(() => {}, 1000);
  process.send('ready');
`;

/** A script with a child that runs `code`; it says ready, or does `then`, when the child has sent a message. */
export const parentOf = (code: string, then = "process.send('ready');"): string => `
  const child = require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(code)}], {
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  child.once('message', () => { ${then} });
  setInterval(() => {}, 1000).unref();
`;
