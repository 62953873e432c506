import { Outlet } from "react-router";

// biome-ignore lint/style/noDefaultExport: what React Router renders.
export default function App() {
	return <Outlet />;
}
