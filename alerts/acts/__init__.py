"""What people do with bulletins and alerts: one module for each act, with keyword-only functions."""
