"""presync compared with the real Argo CD: cases, their recorded results, and whole trees."""
