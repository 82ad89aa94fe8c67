/** Icons that JupyterLab does not have. */

import { LabIcon } from '@jupyterlab/ui-components';
import compareSvg from '../style/icons/compare.svg';
import datasetsSvg from '../style/icons/datasets.svg';
import mountSvg from '../style/icons/mount.svg';
import outputSvg from '../style/icons/output.svg';
import publicSvg from '../style/icons/public.svg';
import storageSvg from '../style/icons/storage.svg';
import versionSvg from '../style/icons/version.svg';

export const datasetsIcon = new LabIcon({ name: 'gradient-data:datasets', svgstr: datasetsSvg });
export const versionIcon = new LabIcon({ name: 'gradient-data:version', svgstr: versionSvg });
export const compareIcon = new LabIcon({ name: 'gradient-data:compare', svgstr: compareSvg });
export const storageIcon = new LabIcon({ name: 'gradient-data:storage', svgstr: storageSvg });
export const mountIcon = new LabIcon({ name: 'gradient-data:mount', svgstr: mountSvg });
export const outputIcon = new LabIcon({ name: 'gradient-data:output', svgstr: outputSvg });
export const publicIcon = new LabIcon({ name: 'gradient-data:public', svgstr: publicSvg });
