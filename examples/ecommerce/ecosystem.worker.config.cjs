// Two processes; they share no port, so cluster mode would give nothing. Drain (130 s) < kill_timeout (140 s) < 150 s.
module.exports = {
  apps: [
    {
      name: 'worker',
      script: 'dist/worker.js',
      exec_mode: 'fork',
      instances: 2,
      wait_ready: true,
      listen_timeout: 60_000,
      kill_timeout: 140_000,
      // The image has no ps, without which PM2 cannot find a tree; the app ends what it starts.
      treekill: false,
    },
  ],
};
