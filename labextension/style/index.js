import './base.css';
import './dialogs.css';
import './page.css';
import './sidebar.css';
import './uploads.css';
