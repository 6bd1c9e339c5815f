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
