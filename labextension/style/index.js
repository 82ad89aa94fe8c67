import './base.css';
import './dialogs.css';
import './page.css';
import './sidebar.css';
import './tabs.css';
import './uploads.css';
