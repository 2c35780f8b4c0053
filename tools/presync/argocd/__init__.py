"""Argo CD's objects: Applications, ApplicationSets, AppProjects, and what becomes of them."""
