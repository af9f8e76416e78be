/** `npm start`: Pollux on this machine. Nothing is imported before the version is known to be able to run it. */
const NODE_NEEDED = 24;

if (Number(process.versions.node.split('.')[0]) < NODE_NEEDED) {
  console.error(
    `pollux: needs Node ${NODE_NEEDED} or later, this is ${process.version}; start it with "npm start", which brings its own`,
  );
  process.exitCode = 2;
} else {
  const { run } = await import('./run.ts');
  await run(process.argv.slice(2));
}

export {};
