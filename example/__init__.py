"""An ordinary Django project that takes contributions by subscription: what ``make demo`` runs."""
