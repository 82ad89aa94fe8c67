/** Files of datasets, public datasets, storage and notebooks, as a drive that JupyterLab's own viewers read. */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { URLExt } from '@jupyterlab/coreutils';
import { Drive } from '@jupyterlab/services';
import { PREFIX } from '../api/request';
import type { IVersionRef } from '../api/client';
import { DRIVE } from '../tokens';

/** The path by which JupyterLab opens a file of a version. */
export function drivePath({ dataset, version }: IVersionRef, path: string): string {
  return `${DRIVE}:datasets/${dataset}/${version}/${path}`;
}

class GradientDrive extends Drive {
  /** Jupyter's own links lead to its files; ours go through our server extension. */
  async getDownloadUrl(localPath: string): Promise<string> {
    const { baseUrl, appendToken, token } = this.serverSettings;
    const path = URLExt.encodeParts(localPath);
    const url = URLExt.join(baseUrl, PREFIX, 'contents-files', path);
    return appendToken && token ? `${url}?token=${encodeURIComponent(token)}` : url;
  }
}

export const drive: JupyterFrontEndPlugin<void> = {
  id: 'jupyter-gradient-data:drive',
  description: 'A drive with the files of datasets, public datasets and storage.',
  autoStart: true,
  activate: ({ serviceManager }: JupyterFrontEnd) => {
    serviceManager.contents.addDrive(
      new GradientDrive({
        name: DRIVE,
        apiEndpoint: `${PREFIX}/contents`,
        serverSettings: serviceManager.serverSettings
      })
    );
  }
};
