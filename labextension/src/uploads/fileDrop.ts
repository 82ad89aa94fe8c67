/** Takes what is dragged from the desktop, and from JupyterLab's file browser. */

import type { Drag } from '@lumino/dragdrop';
import { useLayoutEffect, useRef, useState, type RefObject } from 'react';
import { readDrop, type IChosen } from './sources';

/** What the file browser drags: paths; see `@jupyterlab/filebrowser`, listing.ts. */
const CONTENTS_MIME = 'application/x-jupyter-icontents';

export interface IDropTarget {
  /** Files and folders of the desktop. */
  onFiles: (chosen: IChosen) => void;
  /** Paths of files and folders of the server, as JupyterLab knows them. */
  onContents?: (paths: string[]) => void;
}

/** Makes an element a drop target while `target` is given; tells whether something hovers above it. */
export function useFileDrop<T extends HTMLElement>(
  target: IDropTarget | null
): { ref: RefObject<T>; isOver: boolean } {
  const ref = useRef<T>(null);
  const [isOver, setIsOver] = useState(false);
  const now = useRef(target);
  now.current = target;
  const isActive = target !== null;
  // Before it is painted: a drop that nobody takes makes the browser leave the page.
  useLayoutEffect(() => {
    const { current: node } = ref;
    if (node === null || !isActive) {
      return;
    }
    const end = new AbortController();
    listen(node, now, setIsOver, end.signal);
    return () => {
      end.abort();
      setIsOver(false);
    };
  }, [isActive]);
  return { ref, isOver };
}

type Listener = (event: Event) => void;

function listen(
  node: HTMLElement,
  target: RefObject<IDropTarget>,
  setIsOver: (isOver: boolean) => void,
  signal: AbortSignal
): void {
  const on = (name: string, accepts: (event: Event) => boolean, work: Listener): void =>
    node.addEventListener(
      name,
      event => {
        if (accepts(event)) {
          event.preventDefault();
          event.stopPropagation();
          work(event);
        }
      },
      { signal }
    );
  const onLeave = (event: Event): void => {
    const { relatedTarget } = event as MouseEvent;
    // Between two elements inside, it has not left.
    if (!(relatedTarget instanceof Node && node.contains(relatedTarget))) {
      setIsOver(false);
    }
  };
  const hasContents = (event: Event): boolean =>
    !!target.current?.onContents && (event as Drag.Event).mimeData.hasData(CONTENTS_MIME);

  on('dragenter', hasFiles, () => setIsOver(true));
  on('dragleave', hasFiles, onLeave);
  on('dragover', hasFiles, event => {
    const { dataTransfer } = event as DragEvent;
    if (dataTransfer) {
      dataTransfer.dropEffect = 'copy';
    }
  });
  on('drop', hasFiles, event => {
    setIsOver(false);
    const { dataTransfer } = event as DragEvent;
    if (dataTransfer) {
      target.current?.onFiles(readDrop(dataTransfer));
    }
  });
  on('lm-dragenter', hasContents, () => setIsOver(true));
  on('lm-dragleave', hasContents, onLeave);
  on('lm-dragover', hasContents, event => {
    const drag = event as Drag.Event;
    drag.dropAction = drag.proposedAction;
  });
  on('lm-drop', hasContents, event => {
    setIsOver(false);
    const drag = event as Drag.Event;
    // Nothing is moved: the files stay where they are.
    drag.dropAction = 'none';
    target.current?.onContents?.(drag.mimeData.getData(CONTENTS_MIME) as string[]);
  });
}

function hasFiles(event: Event): boolean {
  return !!(event as DragEvent).dataTransfer?.types.includes('Files');
}
