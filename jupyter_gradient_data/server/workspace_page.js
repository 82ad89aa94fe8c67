'use strict';
const { api, repo, branch, next, xsrf } = document.body.dataset;
const find = id => document.getElementById(id);
const begin = find('begin');
const bar = find('bar');
const status = find('status');
const phases = { fetching: 'Fetching', verifying: 'Checking', unpacking: 'Writing files' };

async function ask(path, options) {
  const answer = await fetch(api + path, { credentials: 'same-origin', ...options });
  const body = await answer.json();
  if (!answer.ok) {
    throw body;
  }
  return body;
}

function show(task) {
  const progress = task.progress;
  if (!progress) {
    return;
  }
  const total = progress.files_total;
  if (total) {
    bar.max = total;
    bar.value = progress.files_done;
  } else {
    bar.removeAttribute('value');
  }
  const what = phases[progress.phase] || 'Working';
  status.textContent = total ? `${what}: ${progress.files_done} of ${total}` : `${what}…`;
}

function fail(error) {
  const words = error && error.message ? [error.message, error.hint || ''] : ['The server does not answer.', ''];
  status.textContent = words.join(' ');
  status.className = 'bad';
  bar.hidden = true;
  begin.disabled = false;
  begin.textContent = 'Try again';
}

function tell(notes) {
  const list = find('notes');
  for (const note of notes) {
    const item = document.createElement('li');
    item.textContent = note;
    list.append(item);
  }
  list.hidden = false;
  status.textContent = 'Done. Some of your files were left as they are:';
  bar.hidden = begin.hidden = true;
  find('next').textContent = 'Go on';
  find('next').focus();
}

async function run() {
  begin.disabled = true;
  bar.hidden = false;
  status.className = '';
  status.textContent = 'Starting…';
  const headers = { 'Content-Type': 'application/json', 'X-XSRFToken': xsrf };
  const body = JSON.stringify({ url: repo, ref: branch || null });
  let task = await ask('/workspace', { method: 'POST', headers, body });
  while (task.state === 'running') {
    show(task);
    task = await ask(`/tasks/${encodeURIComponent(task.id)}?wait=5`);
  }
  if (task.state !== 'succeeded') {
    throw task.error || { message: 'It was stopped.' };
  }
  if (task.result.notes.length) {
    tell(task.result.notes);
  } else {
    location.replace(next);
  }
}

begin.addEventListener('click', () => run().catch(fail));
